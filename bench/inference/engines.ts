/** What bench/inference-worker.ts times, by name, with what reports call it. */
export const ENGINES = {
  engine: 'engine onnx',
  onnxruntime: 'engine, no kernels',
  session: 'bare session',
  'winograd-2': 'session, F(2x2, 5x5)',
  'winograd-4': 'session, F(4x4, 5x5)',
  wasm: 'kernels, wasm',
  'wasm-relaxed': 'kernels, wasm relaxed',
} as const;
export type EngineName = keyof typeof ENGINES;
export const ENGINE_NAMES = Object.keys(ENGINES) as readonly EngineName[];
