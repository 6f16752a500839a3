import { readdirSync } from 'node:fs';
import path from 'node:path';

/** What a build of the service may leave out: engines, by the value of ENGINE, and commands. */
export const OPTIONAL_PARTS = ['tensorflow', 'webgpu', 'training', 'gpu-benchmark'] as const;
export type OptionalPart = (typeof OPTIONAL_PARTS)[number];

interface Part {
  /** Packages that only this part loads. */
  readonly packages: readonly string[];
  /** What the packages read while they run, as paths in node_modules; no import names these. */
  readonly data?: (modules: string) => string[];
  /** Compiled folders that only this part needs. */
  readonly folders?: readonly string[];
  /** What puts `data` there. */
  readonly setup: string;
}

const { platform, arch } = process;

export const PARTS: Readonly<Record<'service' | OptionalPart, Part>> = {
  service: {
    packages: [],
    data: (modules) => [
      ...filesIn(modules, `onnxruntime-node/bin/napi-v6/${platform}/${arch}`),
      ...readdirSync(path.join(modules, '@img'))
        .filter((name) => name.startsWith('sharp-'))
        .flatMap((name) => filesIn(modules, `@img/${name}`)),
      ...filesIn(modules, '@tensorflow/tfjs-backend-wasm/dist').filter((name) =>
        name.endsWith('.wasm'),
      ),
      'swagger-ui-dist/swagger-ui-bundle.js',
      'swagger-ui-dist/swagger-ui.css',
    ],
    setup: 'npm ci',
  },
  tensorflow: {
    packages: ['@tensorflow/tfjs-node-gpu'],
    data: (modules) => filesIn(modules, '@tensorflow/tfjs-node-gpu/lib'),
    setup: 'npm run setup:tensorflow',
  },
  webgpu: {
    packages: ['webgpu', '@tensorflow/tfjs-backend-webgpu'],
    data: (modules) =>
      filesIn(modules, `webgpu/dist/${platform}-${platform === 'darwin' ? 'universal' : arch}`),
    setup: 'npm run setup:webgpu',
  },
  training: {
    packages: [],
    folders: ['dist/training', 'dist/deploy/onnx'],
    setup: 'npm run build',
  },
  'gpu-benchmark': { packages: [], folders: ['dist/bench/gpu'], setup: 'npm run build' },
};

/** @returns the files in a folder and below it, as paths in `root`; none where the folder is missing */
export function filesIn(root: string, folder: string): string[] {
  try {
    return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
