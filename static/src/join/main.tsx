import "@fontsource-variable/inter/wght.css";
import "../theme/base.css";
import "../panels/panels.css";
import "./join.css";
import "./call.css";
import { mount } from "../ui/mount";
import { applyBrand, type Brand } from "./brand";
import { JoinPage } from "./JoinPage";
import { watchKeyboard } from "./keyboard";
import { applySettings } from "./settings";

/** What the site says of the bank before the link is redeemed; `{}` where it serves several. */
function pageBrand(): Brand {
  const text = document.getElementById("page")?.textContent ?? "{}";
  const page = JSON.parse(text) as { readonly brand?: Brand };
  return page.brand ?? {};
}

applySettings();
watchKeyboard();
const brand = pageBrand();
mount(<JoinPage name={brand.name ?? ""} />);
applyBrand(brand);
