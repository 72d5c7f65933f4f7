/** A grey shape of the true size, shown only when loading takes longer than 200 ms. */

export function Skeleton({
  width = "100%",
  height = 16,
}: {
  readonly width?: number | string;
  readonly height?: number;
}) {
  return <div className="skeleton" style={{ width, height }} aria-hidden />;
}
