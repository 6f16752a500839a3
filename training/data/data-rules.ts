import { type Command, InvalidArgumentError } from 'commander';

/** Data that is rejected unless an option accepts it. */
export interface DataRules {
  /** The pixel value that is white, where it is not that of the type: 255, 65535, or 1 of floats. */
  readonly white: number | null;
  /** Whether an image may be of one gray all over. */
  readonly allowBlank: boolean;
  /** Whether the mean grays of training and validation images may differ by more than a factor of 2. */
  readonly allowBrightness: boolean;
  /** Whether more than a tenth of the validation images may be training images too. */
  readonly allowShared: boolean;
  /** Whether the validation images, or those that a neuron was measured for, may be too few for a meaningful CORR. */
  readonly allowFew: boolean;
  /** Ids of the neurons that are used, where not all are: the others may be measured for too few images. */
  readonly neurons: readonly number[] | null;
}

export const STRICT: DataRules = {
  white: null,
  allowBlank: false,
  allowBrightness: false,
  allowShared: false,
  allowFew: false,
  neurons: null,
};

/** The rules as the options of a command have them; what is not given is left out. */
export type DataOptions = Partial<Omit<DataRules, 'white' | 'neurons'>> & {
  readonly white?: number;
};

/** Adds the options of the rules to a command, except those that it does not use. */
export function withDataOptions(command: Command, unused: readonly (keyof DataOptions)[]): Command {
  for (const [name, flag, description] of OPTIONS) {
    if (unused.includes(name)) continue;
    if (name === 'white') command.option(flag, description, whiteValue);
    else command.option(flag, description);
  }
  return command;
}

const OPTIONS: readonly (readonly [name: keyof DataOptions, flag: string, description: string])[] =
  [
    [
      'white',
      '--white <value>',
      'the pixel value that is white in the image files, such as 255 in uint16 or floats; without it ' +
        '255 of uint8, 65535 of uint16, 1 of floats',
    ],
    ['allowBlank', '--allow-blank', 'take images that are of one gray all over'],
    [
      'allowBrightness',
      '--allow-brightness',
      'take validation images that are brighter or darker than the training images by more than a factor of 2',
    ],
    [
      'allowShared',
      '--allow-shared',
      'take validation images where more than a tenth are training images too',
    ],
    [
      'allowFew',
      '--allow-few',
      'take fewer than 3 validation images, or neurons measured for fewer than 3',
    ],
  ];

function whiteValue(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && Number.isFinite(value))) {
    throw new InvalidArgumentError('It must be a number above 0, such as 255.');
  }
  return value;
}
