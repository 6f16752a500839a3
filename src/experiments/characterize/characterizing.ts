import { endWithService } from '../../workers/end-with-service.js';
import { lowerPriority } from '../../workers/lower-priority.js';
import type { ToCharacterization } from './messages.js';

// The process that characterizes: it renders what is shown and fits what is answered; the responses it
// asks of the process that started it, and ends with that.

lowerPriority();
endWithService();

// read only now, since that too is work
const work = import('./work.js').then(({ createWork }) =>
  createWork((message) => void process.send?.(message)),
);
process.on('message', (message: ToCharacterization) => void work.then((take) => take(message)));
