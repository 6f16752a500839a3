export function InsideView() {
  return <p>inside</p>;
}
