import { parentPort } from 'node:worker_threads';
import { portTo as portToProcess } from './child-process.js';
import { endWithService } from './end-with-service.js';
import { connect, type Remote } from './rpc.js';
import { portTo as portToThread } from './worker-thread.js';

/**
 * Answers the service that started this process or thread; a process ends with the service.
 * @param functions what the service may call
 * @returns what the service lets this process call
 */
export function connectToService<Functions extends object>(functions: object): Remote<Functions> {
  if (parentPort !== null) return connect<Functions>(portToThread(parentPort), functions).remote;
  endWithService();
  return connect<Functions>(portToProcess(process), functions).remote;
}
