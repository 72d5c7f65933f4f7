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

const me = readMe();
const isKeys = location.pathname === "/admin/keys";

mount(
  <div className="admin">
    <StaffRail me={me} current="/admin/" />
    {isKeys ? <KeysPage /> : <ConnectionsPage />}
    <Toasts />
  </div>,
);
