/** Panels that fill the customer's page; the others stand in the sheet below the picture. */
export const WHOLE_PAGE: ReadonlySet<string> = new Set(["device_check", "queue", "connecting"]);
/** Panels with nothing to press: they fill the page too, but stand in the sheet while people talk. */
export const CALM: ReadonlySet<string> = new Set(["wait"]);
