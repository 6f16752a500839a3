export function StimulusView() {
  return <p>stimulus</p>;
}
