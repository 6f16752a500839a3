import type { OperationObject } from './document.js';

const ADDRESS = 'http://127.0.0.1:8080';

/** Values of the parts of a path. */
const PATH_VALUES: Readonly<Record<string, string>> = { model: 'demo', version: '1' };

/** Bodies of operations that take JSON of their own. */
export const BODIES: Readonly<Record<string, object>> = {
  parametricTuning: { parameter: 'orientation', neurons: [0] },
  receptiveField: { neurons: [0] },
  quickMeasurement: { neurons: [0] },
  characterize: { neurons: [0] },
  preferredStimulus: { neurons: [0], restarts: 2, steps: 20 },
  createRecording: { files: [{ name: 'recording.nwb', bytes: 9, sha256: 'e'.repeat(64) }] },
  ingest: {},
  train: { name: 'mine', recipe: 'rf_cnn', epochs: 5 },
  appendTrials: {
    stimuli: [{ grating: {} }],
    trials: [{ id: 'a', stimulus: 0, neurons: [1], responses: [0.5], unit: 'as recorded' }],
  },
  renderStimuli: { grating: { orientation: 45 } },
  showStimuli: { grating: { orientation: 45 } },
  repositoryIndex: {},
  loadModel: {},
  unloadModel: {},
};

/** Other arguments of operations whose body is no JSON of their own. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  importNetwork: "-F network=@network.onnx -F description='{…}'",
  appendToRecording: "-H 'Upload-Offset: 0' --data-binary @recording.nwb",
  infer: "-H 'Inference-Header-Content-Length: 0' --data-binary @image.float32",
};

/** Operations that answer with bytes, which the example keeps in a file. */
const OUTPUTS: Readonly<Record<string, string>> = {
  renderStimuli: '-o stimulus.png',
  showStimuli: '-o stimulus.png',
};

/** The command that sends an example of a request. */
export function curlExample(method: string, path: string, operation: OperationObject): string {
  const { operationId, requestBody } = operation;
  const url = `${ADDRESS}${path.replaceAll(/\{(\w+)\}/g, (part, name: string) => PATH_VALUES[name] ?? part.toUpperCase())}`;
  const verb = method === 'get' ? '' : `-X ${method.toUpperCase()} `;
  const body = requestBody === undefined ? undefined : bodyArguments(operationId);
  const lines = [`curl -s ${verb}'${url}'`, body, OUTPUTS[operationId]];
  return lines.filter((line) => line !== undefined).join(' \\\n  ');
}

function bodyArguments(operationId: string): string {
  const body = BODIES[operationId];
  if (body !== undefined) return `-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
  return ARGUMENTS[operationId] ?? "-H 'Content-Type: image/png' --data-binary @docs/example.png";
}
