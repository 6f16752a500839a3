/** The kernels in the memory of a WebAssembly module; places of that memory are bytes. */
export interface KernelModule {
  block(): number;
  /** A place for so many numbers. */
  allocate(count: number): number;
  /** The numbers at a place, until memory is allocated. */
  floats(place: number, count: number): Float32Array;
  integers(place: number, count: number): Int32Array;
  /** @param network as `describeNetwork` gives it */
  open(network: Int32Array): { readonly site: number; readonly floats: number };
  pack(site: number, step: number, folded: readonly Float32Array[], weights: number): void;
  respond(
    site: number,
    weights: number,
    images: number,
    count: number,
    neurons: number,
    width: number,
    responses: number,
  ): void;
}

/** The part of the global that is used here, which the types of Node leave out. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<WebAssembly.Module>;
  readonly Instance: new (module: WebAssembly.Module) => { readonly exports: object };
};

/** The functions of wasm.c. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  _initialize(): void;
  block(): number;
  allocate(bytes: number): number;
  openSite(values: number, length: number): number;
  floatsOf(site: number): number;
  pack(site: number, step: number, folded: number, weights: number): void;
  respond: (...request: Parameters<KernelModule['respond']>) => number;
}

/** Arrays of the folded weights of a step, at most. */
const ARRAYS = 5;

export function compileModule(bytes: Uint8Array): Promise<WebAssembly.Module> {
  return WebAssembly.compile(bytes);
}

export function openModule(module: WebAssembly.Module): KernelModule {
  const exports = new WebAssembly.Instance(module).exports as Exports;
  exports._initialize();
  const allocate = (count: number) => {
    const place = exports.allocate(4 * count);
    if (place === 0) throw new Error(`no memory for ${count} numbers in WebAssembly`);
    return place;
  };
  const integers = (place: number, count: number) =>
    new Int32Array(exports.memory.buffer, place, count);
  const floats = (place: number, count: number) =>
    new Float32Array(exports.memory.buffer, place, count);
  const pointers = allocate(ARRAYS);
  const copies = new Map<string, number>();
  return {
    block: () => exports.block(),
    allocate,
    floats,
    integers,
    open(network) {
      const values = allocate(network.length);
      integers(values, network.length).set(network);
      const site = exports.openSite(values, network.length);
      if (site === 0) throw new Error('wrong description of a network');
      return { site, floats: exports.floatsOf(site) };
    },
    pack(site, step, folded, weights) {
      for (const [i, array] of folded.entries()) {
        const key = `${i} ${array.length}`;
        const place = copies.get(key) ?? allocate(array.length);
        copies.set(key, place);
        floats(place, array.length).set(array);
        integers(pointers, ARRAYS)[i] = place;
      }
      exports.pack(site, step, pointers, weights);
    },
    respond(...request) {
      if (exports.respond(...request) === 0) throw new Error('no memory for responses');
    },
  };
}
