/** Panels that fill the customer's page; the others stand in the sheet below the picture. */
export const WHOLE_PAGE: ReadonlySet<string> = new Set(["device_check", "queue", "connecting"]);
