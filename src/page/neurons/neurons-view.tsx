export function NeuronsView() {
  return <p>neurons</p>;
}
