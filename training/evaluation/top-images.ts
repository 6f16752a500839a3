/** An image among those that a neuron responds to most, and where its centre attended then. */
export interface TopImage {
  readonly image: number;
  /** Predicted. */
  readonly response: number;
  /** The centre hypercolumn's row of the attention matrix, [cells]; its sum is 1. */
  readonly attention: Float32Array;
}

/** The strongest of the images offered, of which no more are kept than are wanted. */
export interface TopImages {
  /** @param attention copied where it is kept */
  offer(image: number, response: number, attention: Float32Array): void;
  /** Strongest first; of equal responses, the one offered first. */
  list(): readonly TopImage[];
}

/** @param max how many images are kept */
export function createTopImages(max: number): TopImages {
  const kept: TopImage[] = [];
  return {
    offer(image, response, attention) {
      const weakest = kept.at(-1);
      if (kept.length === max && weakest && !(response > weakest.response)) return;
      if (kept.length === max) kept.pop();
      const place = kept.findIndex((other) => response > other.response);
      const entry = { image, response, attention: attention.slice() };
      kept.splice(place < 0 ? kept.length : place, 0, entry);
    },
    list: () => kept,
  };
}
