export function TuningView() {
  return <p>tuning</p>;
}
