import "../theme/base.css";
import { mount } from "../ui/mount";

mount(<main />);
