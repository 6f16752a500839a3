/**
 * A batch of stimuli as the networks see them: gray images in 0..1 (0 black, 1 white), row-major,
 * `pixels[(i * height + y) * width + x]`, y down.
 */
export interface Stimuli {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly pixels: Float32Array;
}
