/** What the parts of the benchmark share. */
export interface ScaleConfig {
  /** Of the large site. */
  readonly neurons: number;
  readonly rounds: number;
  /** A folder for models and data, deleted at the end. */
  readonly folder: string;
  /** A models folder with `demo` and with `site`, of `neurons` random networks of ff_cnn. */
  readonly models: string;
}
