import "../theme/base.css";
import "../theme/fonts.css";
import "../ui/ui.css";
import "./home.css";
import { mount } from "../ui/mount";
import { HomePage } from "./HomePage";
import { readMe } from "./me";

mount(<HomePage me={readMe()} />);
