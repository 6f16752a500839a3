import { Command } from 'commander';
import { createSetupTensorflowCommand } from './tensorflow/setup.js';
import { createSetupWebgpuCommand } from './webgpu/setup.js';

/** `setup`: prepares this machine for a backend that needs more than its packages. */
export function createSetupCommand(): Command {
  return new Command('setup')
    .description('prepares this machine for the tensorflow or the webgpu backend')
    .addCommand(createSetupTensorflowCommand())
    .addCommand(createSetupWebgpuCommand());
}
