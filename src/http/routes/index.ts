import type { Route } from '../route.js';

const INDEX = {
  service: 'hypercolumn',
  about: 'Digital twins of recorded visual-cortex neurons: responses and tuning curves.',
  routes: {
    'GET /livez': 'is the process alive',
    'GET /readyz': 'are the models loaded and verified',
    'GET /metrics': 'counts and times, for Prometheus',
    'GET /v1/models': 'the models',
    'GET /v1/models/{model}': "a model's card",
    'POST /v1/models/{model}/responses': 'stimuli in, responses out',
    'GET /v1/models/{model}/stream': 'a WebSocket: one image in, one response out, in order',
    'POST /v1/models/{model}/tuning/rank': 'rank-ordered tuning curves to a set of stimuli',
    'POST /v1/models/{model}/tuning/peak': 'the strongest stimuli of each neuron',
    'POST /v1/models/{model}/tuning/parametric': 'tuning to one or two stimulus parameters',
    'POST /v1/models/{model}/receptive-field': 'where on the image neurons respond',
    'POST /v1/models/{model}/attention': 'where the centre attends, for each stimulus and neuron',
    'POST /v1/models/{model}/readout': 'what the centre and the surround add to a response',
    'POST /v1/models/{model}/gradient': 'what each pixel changes of a response',
    'POST /v1/models/{model}/receptive-field/gradient': 'where pixels change a response',
    'POST /v1/models/{model}/preferred-stimulus': 'images that raise responses, by gradient ascent',
    'POST /v1/models/{model}/characterize': 'the whole battery of gratings, neuron by neuron',
    'POST /v1/models/{model}/stimuli': 'stimuli as the model is shown them, as PNG or .npy',
    'POST /v1/stimuli': 'the same without a model: renders gratings, gabors, bars, noise and more',
    'PUT /v1/stimulus-sets': 'stores stimuli, to be named by their digest',
    'GET /v1/stimulus-sets': 'the stored sets',
    'GET /v1/stimulus-sets/{digest}': 'a stored set: what is known of it, or its .npy file',
    'DELETE /v1/stimulus-sets/{digest}': 'deletes a stored set',
    'GET /v1/jobs': 'long work: how each stands, newest first',
    'GET /v1/jobs/{id}': 'how a job stands',
    'GET /v1/jobs/{id}/events': 'the same at every change, as server-sent events',
    'GET /v1/jobs/{id}/result': 'what a job found',
    'DELETE /v1/jobs/{id}': 'cancels a job; deletes one that is over',
    'GET /v2': 'the Open Inference Protocol, version 2, for clients of Triton and KServe',
    'POST /v2/models/{model}/infer': 'stimuli in, responses out, as tensors',
  },
  versions: 'every route of a model also exists under /v1/models/{model}/versions/{version}',
};

export function indexRoutes(): Route[] {
  return [{ method: 'GET', path: '/', scope: 'open', handler: (c) => c.json(INDEX) }];
}
