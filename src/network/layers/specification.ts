/** What batch norm adds to a variance, as in the published networks. */
export const NORM_EPSILON = 1e-5;

/** The initial values of a parameter, as in PyTorch's layers. */
type Initial = { readonly uniform: number } | { readonly constant: number };

/** One parameter of one network. */
export interface ParameterSpecification {
  readonly name: string;
  /** Of one neuron; a population stacks its neurons in front. */
  readonly shape: readonly number[];
  readonly initial: Initial;
  /**
   * `statistic`: a running mean or variance, which follows the data; `idle`: there because the
   * published network has it, but nothing reads it.
   */
  readonly role: 'learned' | 'idle' | 'statistic';
}

/** Those of a square convolution, [height, width, in, out]. */
export function convolutionParameters(
  block: string,
  kernel: number,
  from: number,
  to: number,
): ParameterSpecification[] {
  const bound = 1 / Math.sqrt(kernel * kernel * from);
  return affineParameters(`${block}.convolution`, [kernel, kernel, from, to], to, bound);
}

/** Those of a batch norm. */
export function normParameters(block: string, channels: number): ParameterSpecification[] {
  const entry = (name: string, constant: number, role: 'learned' | 'statistic') => ({
    name: `${block}.norm.${name}`,
    shape: [channels],
    initial: { constant },
    role,
  });
  return [
    entry('scale', 1, 'learned'),
    entry('shift', 0, 'learned'),
    entry('mean', 0, 'statistic'),
    entry('variance', 1, 'statistic'),
  ];
}

/** The parameters of a sum that is weighted by all elements of its weight. */
export function sumParameters(name: string, shape: readonly number[]): ParameterSpecification[] {
  return affineParameters(name, shape, 1, 1 / Math.sqrt(countElements(shape)));
}

/** A weight and a bias. */
export function affineParameters(
  name: string,
  shape: readonly number[],
  outputs: number,
  bound: number,
  role: 'learned' | 'idle' = 'learned',
): ParameterSpecification[] {
  const initial = { uniform: bound };
  return [
    { name: `${name}.weight`, shape, initial, role },
    { name: `${name}.bias`, shape: [outputs], initial, role },
  ];
}

/** The number of elements of an array of this shape. */
export function countElements(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
