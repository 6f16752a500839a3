/** Of an image: 1 where it is gray; 3, red, green and blue, where it is in colour. */
export type Channels = 1 | 3;
