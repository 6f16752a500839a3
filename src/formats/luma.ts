/** Shares of red, green and blue in luma, as of Rec. ITU-R BT.709; they add up to 1. */
export const LUMA = [0.2126, 0.7152, 0.0722] as const;
