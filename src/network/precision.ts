/** How the weights of convolutions may be stored where the kernels in C compute them. */
export const PRECISIONS = ['float32', 'bfloat16', 'int8'] as const;
export type Precision = (typeof PRECISIONS)[number];
