import { Command } from 'commander';
import { openBackend } from '../../src/network/backend.js';
import { exitCodesHelp, runCommand } from '../../training/run-command.js';

const command = new Command('setup:webgpu')
  .description(
    'Checks that the webgpu backend computes here, and names the adapter it computes on.',
  )
  .allowExcessArguments(false)
  .addHelpText('after', exitCodesHelp('badInput'))
  .action(async () => {
    const { device } = await openBackend('webgpu');
    console.log(`setup:webgpu: done, the adapter is ${device}`);
  });

await runCommand(command);
// the driver keeps threads that would hold the process
process.exit();
