import { standBehindAll } from '../../engine/process/behind-all.js';
import type { ToBattery } from './messages.js';

// The process that characterizes: it renders what is shown and fits what is answered; the responses it
// asks of the process that started it, and ends with that.

standBehindAll();
process.on('disconnect', () => process.exit(0));
// these may reach the whole process group; the service decides when this process ends
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined);

// read only now, since that too is work
const work = import('./work.js').then(({ createWork }) =>
  createWork((message) => void process.send?.(message)),
);
process.on('message', (message: ToBattery) => void work.then((take) => take(message)));
