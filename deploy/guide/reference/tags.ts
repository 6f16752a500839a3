/** The pages of the API reference, one for each tag of the OpenAPI document. */
export const REFERENCE = [
  { tag: 'responses', title: 'Responses' },
  { tag: 'experiments', title: 'Experiments' },
  { tag: 'stimuli', title: 'Stimuli' },
  { tag: 'jobs', title: 'Jobs' },
  { tag: 'models', title: 'Models' },
  { tag: 'training', title: 'Training' },
  { tag: 'protocol', title: 'Open Inference Protocol' },
  { tag: 'service', title: 'The service' },
] as const;
