import { Command } from 'commander';
import { exitCodesHelp } from '../../src/exit-codes.js';
import { openBackend } from '../../src/network/backends/open.js';

/** `setup webgpu`: checks that WebGPU works on this machine. */
export function createSetupWebgpuCommand(): Command {
  return new Command('webgpu')
    .description(
      'checks that the webgpu backend computes here, and names the adapter it computes on',
    )
    .allowExcessArguments(false)
    .addHelpText('after', exitCodesHelp('badInput'))
    .action(async () => {
      const { device } = await openBackend('webgpu');
      console.log(`setup:webgpu: done, the adapter is ${device}`);
      // The driver keeps threads that would hold the process.
      process.exit();
    });
}
