import { SetupError } from './setup-error.js';

/** One Python package of the registry, taken for the shared libraries and headers inside it. */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /** Size of the download. */
  readonly megabytes: number;
}

/** What is downloaded for one variant on one kind of machine. */
export interface Release {
  readonly wheels: readonly Wheel[];
  /** Room the unpacked libraries take. */
  readonly unpackedMegabytes: number;
}

export type Variant = 'cpu' | 'gpu';

export const TENSORFLOW_VERSION = '2.21.0';

/** The Python the pinned wheels are built for; it need not be the machine's. */
export const WHEEL_PYTHON = '3.12';

const OLDEST_GLIBC = 27;

/**
 * The pins of the `gpu` variant are the requirements of `tensorflow[and-cuda]`; to renew them:
 * `pip install --dry-run --report - --only-binary=:all: --target x "tensorflow[and-cuda]==<version>"`.
 */
const RELEASES: Readonly<Record<string, Release>> = {
  'cpu-x64': {
    wheels: [
      {
        name: 'tensorflow-cpu',
        version: TENSORFLOW_VERSION,
        sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
        megabytes: 274,
      },
    ],
    unpackedMegabytes: 860,
  },
  'cpu-arm64': {
    wheels: [
      {
        name: 'tensorflow',
        version: TENSORFLOW_VERSION,
        sha256: 'b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552',
        megabytes: 282,
      },
    ],
    unpackedMegabytes: 890,
  },
  'gpu-x64': {
    wheels: [
      {
        name: 'tensorflow',
        version: TENSORFLOW_VERSION,
        sha256: 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
        megabytes: 573,
      },
      {
        name: 'nvidia-cublas-cu12',
        version: '12.9.3.13',
        sha256: 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
        megabytes: 581,
      },
      {
        name: 'nvidia-cuda-cupti-cu12',
        version: '12.9.79',
        sha256: '096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f',
        megabytes: 11,
      },
      {
        name: 'nvidia-cuda-nvcc-cu12',
        version: '12.9.86',
        sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
        megabytes: 41,
      },
      {
        name: 'nvidia-cuda-nvrtc-cu12',
        version: '12.9.86',
        sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
        megabytes: 90,
      },
      {
        name: 'nvidia-cuda-runtime-cu12',
        version: '12.9.79',
        sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
        megabytes: 3,
      },
      {
        name: 'nvidia-cudnn-cu12',
        version: '9.28.0.42',
        sha256: '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
        megabytes: 717,
      },
      {
        name: 'nvidia-cufft-cu12',
        version: '11.4.1.4',
        sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
        megabytes: 201,
      },
      {
        name: 'nvidia-curand-cu12',
        version: '10.3.10.19',
        sha256: '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
        megabytes: 68,
      },
      {
        name: 'nvidia-cusolver-cu12',
        version: '11.7.5.82',
        sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
        megabytes: 338,
      },
      {
        name: 'nvidia-cusparse-cu12',
        version: '12.5.10.65',
        sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
        megabytes: 366,
      },
      {
        name: 'nvidia-nccl-cu12',
        version: '2.32.3',
        sha256: 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
        megabytes: 352,
      },
      {
        name: 'nvidia-nvjitlink-cu12',
        version: '12.9.86',
        sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
        megabytes: 40,
      },
    ],
    unpackedMegabytes: 5700,
  },
};

/** The machine as far as it decides what runs on it; `glibc` is null on musl and outside Linux. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly glibc: string | null;
  readonly nvidiaDriver: boolean;
}

/** `auto` is `gpu` where an NVIDIA driver is visible and TensorFlow has GPU wheels, else `cpu`. */
export function chooseVariant(wanted: Variant | 'auto', machine: Machine): Variant {
  if (wanted !== 'auto') return wanted;
  return machine.nvidiaDriver && machine.arch === 'x64' ? 'gpu' : 'cpu';
}

/** @throws SetupError when no TensorFlow wheel runs on this machine. */
export function releaseFor(variant: Variant, machine: Machine): Release {
  const { platform, arch, glibc } = machine;
  if (platform !== 'linux') {
    throw new SetupError(
      `native TensorFlow can be built on Linux alone, this is ${platform}: train with --backend webgpu or wasm, or in the Docker image`,
    );
  }
  if (glibc === null || Number(glibc.split('.')[1]) < OLDEST_GLIBC) {
    throw new SetupError(
      `TensorFlow ${TENSORFLOW_VERSION} needs glibc 2.${OLDEST_GLIBC} or newer, this system has ${glibc ?? 'none (musl)'}: use a Debian or Ubuntu based system or image`,
    );
  }
  const release = RELEASES[`${variant}-${arch}`];
  if (release !== undefined) return release;
  throw new SetupError(
    RELEASES[`cpu-${arch}`] === undefined
      ? `TensorFlow has no build for ${arch} processors: use an x64 or arm64 machine`
      : `TensorFlow has no GPU build for ${arch} processors: use --variant cpu`,
  );
}

/** The platform tags under which pip may find a wheel that runs here, newest first. */
export function platformTags(arch: string): string[] {
  const machine = arch === 'arm64' ? 'aarch64' : 'x86_64';
  const glibcMinors = [28, OLDEST_GLIBC, 26, 25, 24, 17, 12, 5];
  return [
    ...glibcMinors.map((minor) => `manylinux_2_${minor}_${machine}`),
    ...['manylinux2014', 'manylinux2010', 'manylinux1'].map((tag) => `${tag}_${machine}`),
  ];
}
