import "../theme/base.css";
import "../theme/fonts.css";
import "../ui/ui.css";
import "./admin.css";
import { readMe } from "../home/me";
import { StaffRail } from "../home/StaffRail";
import { mount } from "../ui/mount";
import { Toasts } from "../ui/Toast";
import { ConnectionsPage } from "./ConnectionsPage";
import { KeysPage } from "./KeysPage";
import { WorkersPage } from "./WorkersPage";

const me = readMe();
const PAGES: Readonly<Record<string, typeof KeysPage>> = {
  "/admin/keys": KeysPage,
  "/admin/workers": WorkersPage,
};
const Page = PAGES[location.pathname] ?? ConnectionsPage;

mount(
  <div className="admin">
    <StaffRail me={me} current="/admin/" />
    <Page />
    <Toasts />
  </div>,
);
