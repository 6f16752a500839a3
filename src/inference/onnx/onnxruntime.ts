export type Onnxruntime = typeof import('onnxruntime-node');

/** onnxruntime reads this when it creates its first session. */
const TELEMETRY_OFF = 'ORT_DISABLE_TELEMETRY';

/**
 * Loads onnxruntime so that it sends nothing: otherwise it keeps a device id and a database of events
 * under ~/.cache and uploads them. No other file imports the package's values. In a worker thread this
 * takes a thread that shares the environment of its process (`SHARE_ENV`), which native code reads.
 * @throws the error of the loader where the package has no binary for this machine
 */
export async function loadOnnxruntime(): Promise<Onnxruntime> {
  // native code of other threads may be reading the environment, so it is written only when needed
  if (process.env[TELEMETRY_OFF] !== '1') process.env[TELEMETRY_OFF] = '1';
  return await import('onnxruntime-node');
}
