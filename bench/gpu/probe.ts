// Prints the WebGPU adapter of this machine as JSON; ends with 1 where there is none, or where it is a program
// on the CPU and `--software` is not given.
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
const adapter = await create([]).requestAdapter({ powerPreference: 'high-performance' });
if (adapter === null) {
  console.error('there is no WebGPU adapter: no Vulkan driver was found');
  process.exit(1);
}
const { vendor, architecture, device, description } = adapter.info;
const isSoftware =
  adapter.info.isFallbackAdapter === true ||
  /swiftshader|llvmpipe/i.test(`${architecture} ${description}`);
console.log(JSON.stringify({ vendor, architecture, device, description, isSoftware }));
process.exit(isSoftware && !process.argv.includes('--software') ? 1 : 0);
