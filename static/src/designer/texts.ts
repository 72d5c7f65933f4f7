/** Every word of the designer, in both languages; the compiler holds them to the same keys. */

import { defineMessages } from "../i18n/messages";
import { en } from "./texts_en";
import { zhHans } from "./texts_zh";

export const texts = defineMessages<keyof typeof en>(en, zhHans);
