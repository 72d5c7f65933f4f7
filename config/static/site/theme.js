// Light or dark before the first paint: asked for in the address, else chosen on this device, else the system's.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem("counterflow.theme");
    } catch {
      return null; // storage may be forbidden; the system's choice serves
    }
  };
  const show = () => {
    const asked = new URLSearchParams(location.search).get("theme") ?? chosen();
    const own = asked === "dark" || asked === "light";
    document.documentElement.dataset.theme = own ? asked : dark.matches ? "dark" : "light";
  };
  show();
  dark.addEventListener("change", show);
  addEventListener("storage", show);
})();
