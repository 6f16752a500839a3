import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TestAPI, test } from 'vitest';
import { locateBinding } from '../../deploy/tensorflow/binding.js';

/** Something that a test needs on the machine. */
export interface Capability {
  /** Why the machine lacks it, or null when it is there. */
  readonly missing: string | null;
  /** Whether the environment demands it, so that tests fail without it. */
  readonly required: boolean;
}

/** Native TensorFlow, built by `npm run setup:tensorflow`. `REQUIRE_TENSORFLOW=1` demands it. */
export function nativeTensorflow(): Capability {
  return {
    missing: existsSync(locateBinding().file)
      ? null
      : 'native TensorFlow is not built here (npm run setup:tensorflow)',
    required: process.env['REQUIRE_TENSORFLOW'] === '1',
  };
}

/**
 * A WebGPU adapter, hardware or software. It is requested in a separate process, since a broken driver
 * may crash. `REQUIRE_WEBGPU=1` demands it.
 */
export function webgpuAdapter(): Capability {
  const probe = `
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    process.exit(await create([]).requestAdapter() === null ? 1 : 0);
  `;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '--eval', probe], {
    stdio: 'ignore',
    timeout: 30_000,
  });
  return {
    missing:
      status === 0 ? null : 'no WebGPU adapter here (install a Vulkan driver; VK_ICD_FILENAMES)',
    required: process.env['REQUIRE_WEBGPU'] === '1',
  };
}

/** The kernels that compute responses, compiled by `npm run build`. `REQUIRE_KERNELS=1` demands them. */
export function kernelAddon(): CompiledAddon {
  return compiledAddon('src/inference/kernels/kernels');
}

/** Those that train. */
export function trainingKernelAddon(): CompiledAddon {
  return compiledAddon('training/kernels/blocks');
}

interface CompiledAddon extends Capability {
  readonly file: string;
}

/** What is compiled where there is a C compiler. */
function compiledAddon(name: string): CompiledAddon {
  const place = `../../dist/${name}-${process.platform}-${process.arch}.node`;
  const file = fileURLToPath(new URL(place, import.meta.url));
  return {
    file,
    missing: existsSync(file)
      ? null
      : 'the kernels are not compiled here (npm run build, with gcc)',
    required: process.env['REQUIRE_KERNELS'] === '1',
  };
}

/** A Python with packages from PyPI. */
export interface PythonPackages extends Capability {
  readonly python: string;
}

/**
 * PyTorch, in the Python that PYTORCH_PYTHON names, or in the virtual environment
 * ~/.cache/hypercolumn/pytorch. `REQUIRE_PYTORCH=1` demands it.
 */
export function pytorch(): PythonPackages {
  return pythonPackages('PYTORCH', ['numpy', 'torch']);
}

/** PyTorch as above, with the packages that `torch.onnx.export` needs. */
export function pytorchExport(): PythonPackages {
  return pythonPackages('PYTORCH', ['numpy', 'torch', 'onnx', 'onnxscript']);
}

/**
 * onnx and onnxruntime, in the Python that ONNX_PYTHON names, or in the virtual environment
 * ~/.cache/hypercolumn/onnx. `REQUIRE_ONNX=1` demands them.
 */
export function onnxPackages(): PythonPackages {
  return pythonPackages('ONNX', ['numpy', 'onnx', 'onnxruntime']);
}

/**
 * websockets, in the Python that WEBSOCKETS_PYTHON names, or in the virtual environment
 * ~/.cache/hypercolumn/websockets. `REQUIRE_WEBSOCKETS=1` demands it.
 */
export function websocketsPackage(): PythonPackages {
  return pythonPackages('WEBSOCKETS', ['numpy', 'websockets']);
}

/**
 * What the Python client needs, and what tests it, in the Python that PYTHON_CLIENT_PYTHON names, or in the virtual
 * environment ~/.cache/hypercolumn/python_client. `REQUIRE_PYTHON_CLIENT=1` demands it.
 */
export function pythonClientPackages(): PythonPackages {
  return pythonPackages('PYTHON_CLIENT', [
    'numpy',
    'websockets',
    'pytest',
    'mypy',
    'pandas',
    'matplotlib',
  ]);
}

/** What the programs of examples/ need next to the Python client, in the same Python. */
export function examplePackages(): PythonPackages {
  return pythonPackages('PYTHON_CLIENT', [
    ...['numpy', 'websockets', 'mypy', 'matplotlib', 'pandas'],
    ...['zmq', 'pylsl', 'nbclient', 'ipykernel'],
  ]);
}

/**
 * Clients of the Open Inference Protocol, in the Python that CLIENTS_PYTHON names, or in the virtual
 * environment ~/.cache/hypercolumn/clients. `REQUIRE_CLIENTS=1` demands them.
 */
export function inferenceClients(): PythonPackages {
  return pythonPackages('CLIENTS', ['kserve', 'tritonclient.http']);
}

/**
 * Schemathesis, in the Python that SCHEMATHESIS_PYTHON names, or in the virtual environment
 * ~/.cache/hypercolumn/schemathesis. `REQUIRE_SCHEMATHESIS=1` demands it.
 */
export function schemathesis(): PythonPackages {
  return pythonPackages('SCHEMATHESIS', ['schemathesis']);
}

/**
 * moto, a stand-in for S3, in the Python that MOTO_PYTHON names, or in the virtual environment
 * ~/.cache/hypercolumn/moto. `REQUIRE_MOTO=1` demands it.
 */
export function moto(): PythonPackages {
  return pythonPackages('MOTO', ['moto.server', 'flask']);
}

/**
 * kubernetes-validate, with the schemas of Kubernetes, in the Python that KUBERNETES_PYTHON names, or in the virtual
 * environment ~/.cache/hypercolumn/kubernetes. `REQUIRE_KUBERNETES=1` demands it.
 */
export function kubernetesValidate(): PythonPackages {
  return pythonPackages('KUBERNETES', ['kubernetes_validate', 'yaml']);
}

/**
 * Packages that write recordings as labs do, in the Python that LABFILES_PYTHON names, or in the virtual environment
 * ~/.cache/hypercolumn/labfiles. `REQUIRE_LABFILES=1` demands them.
 */
export function labFilePackages(): PythonPackages {
  return pythonPackages('LABFILES', [
    'numpy',
    'h5py',
    'pynwb',
    'hdf5storage',
    'scipy.io',
    'pyarrow',
  ]);
}

function pythonPackages(
  name:
    | 'PYTORCH'
    | 'ONNX'
    | 'WEBSOCKETS'
    | 'CLIENTS'
    | 'PYTHON_CLIENT'
    | 'SCHEMATHESIS'
    | 'MOTO'
    | 'KUBERNETES'
    | 'LABFILES',
  packages: readonly string[],
): PythonPackages {
  const folder = path.join(homedir(), '.cache/hypercolumn', name.toLowerCase());
  const python = process.env[`${name}_PYTHON`] ?? path.join(folder, 'bin/python');
  const { status } = spawnSync(python, ['-c', `import ${packages}`], { stdio: 'ignore' });
  return {
    python,
    missing:
      status === 0
        ? null
        : `no ${packages.join(', ')} here (${python} does not import them; ${name}_PYTHON)`,
    required: process.env[`REQUIRE_${name}`] === '1',
  };
}

/** A program that tests run. */
export interface Program extends Capability {
  readonly program: string;
}

/** A program that nearly every machine has, such as `curl`. */
export function commonProgram(name: string): Program {
  const { status } = spawnSync(name, ['--version'], { stdio: 'ignore' });
  return {
    program: name,
    missing: status === 0 ? null : `no ${name} here`,
    required: process.env['CI'] === 'true',
  };
}

/** strace, on a machine where it may trace programs. `REQUIRE_STRACE=1` demands it. */
export function strace(): Program {
  const { status } = spawnSync('strace', ['-f', '--seccomp-bpf', '-o', '/dev/null', 'true'], {
    stdio: 'ignore',
  });
  return {
    program: 'strace',
    missing: status === 0 ? null : 'no strace here, or it may not watch programs',
    required: process.env['REQUIRE_STRACE'] === '1',
  };
}

/** GNU Octave without its window, which runs the client for MATLAB. `REQUIRE_OCTAVE=1` demands it. */
export function octave(): Program {
  const { status } = spawnSync('octave-cli', ['--version'], { stdio: 'ignore' });
  return {
    program: 'octave-cli',
    missing: status === 0 ? null : 'no octave-cli here',
    required: process.env['REQUIRE_OCTAVE'] === '1',
  };
}

/** Octave as above with its package instrument-control, which has `tcpclient`. `REQUIRE_OCTAVE=1` demands it too. */
export function octaveStreams(): Program {
  const found = octave();
  const { status } = spawnSync('octave-cli', ['--eval', 'pkg load instrument-control'], {
    stdio: 'ignore',
  });
  const missing = found.missing ?? (status === 0 ? null : 'no octave-instrument-control here');
  return { ...found, missing };
}

/** Two capabilities that a test both needs. */
export function both(a: Capability, b: Capability): Capability {
  return { missing: a.missing ?? b.missing, required: a.required && b.required };
}

/**
 * Prometheus's promtool, as PROMTOOL names it, or under ~/.cache/hypercolumn/prometheus, where
 * Debian's package was unpacked. `REQUIRE_PROMTOOL=1` demands it.
 */
export function promtool(): Program {
  const unpacked = path.join(homedir(), '.cache/hypercolumn/prometheus/usr/bin/promtool');
  const program = process.env['PROMTOOL'] ?? unpacked;
  const { status } = spawnSync(program, ['--version'], { stdio: 'ignore' });
  return {
    program,
    missing: status === 0 ? null : `no promtool here (${program} does not run; PROMTOOL)`,
    required: process.env['REQUIRE_PROMTOOL'] === '1',
  };
}

/**
 * A `test` for machines with a capability. Without it, tests are skipped with the reason in the report, or fail
 * when the capability is demanded. Hooks run in any case: guard them with `missing`.
 */
export function testWith(...needed: readonly Capability[]): TestAPI {
  const lacking = needed.find(({ missing }) => missing !== null);
  if (!lacking?.missing) return test;
  const { missing, required } = lacking;
  return test.extend<{ capability: undefined }>({
    capability: [
      async ({ skip }, use) => {
        if (required) throw new Error(`${missing}, and the environment demands it`);
        skip(missing);
        await use(undefined);
      },
      { auto: true },
    ],
  });
}
