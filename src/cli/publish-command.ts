import { Command } from 'commander';
import { type Environment, readConfig } from '../config.js';
import { StorageError } from '../errors.js';
import { CommandEnd, exitCodesHelp } from '../exit-codes.js';
import { readNetwork } from '../inference/onnx/imported/read-network.js';
import { readVerified } from '../inference/verified-model.js';
import { findModel } from '../models/find-model.js';
import { isImportedCard } from '../models/native-card.js';
import { type Publication, publishModel } from '../models/publish.js';

/** `publish`: copies a model to where services serve it. */
export function createPublishCommand(environment: Environment): Command {
  return new Command('publish')
    .description('copies a model to where services serve it, whole or not at all')
    .argument(
      '<model>',
      'a folder: models/x for the latest version of x, or models/x/<version> for another',
    )
    .argument('<place>', 'the MODELS_DIR of the services: s3://bucket/prefix, or a folder')
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      '\nAn S3 that is not the one of AWS is named by AWS_ENDPOINT_URL. Credentials are found as every client\n' +
        `of AWS finds them.\n${exitCodesHelp('badInput', 'unreachable')}`,
    )
    .action((model: string, place: string) => publish(environment, model, place));
}

async function publish(environment: Environment, given: string, place: string): Promise<void> {
  const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region } = readConfig(environment);
  const model = await findModel(given, 'the model');
  const { card, folder, digest } = model;
  if (isImportedCard(card)) await readNetwork({ ...model, card });
  else await readVerified(folder, digest);
  const { name, version } = model.card;
  try {
    const done = await publishModel(model, place, { endpoint, region });
    const result = describe[done](`${name}/${version}`, place);
    console.log(`${result}, digest ${model.digest}`);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    throw new CommandEnd('unreachable', `${name}/${version} is not published: ${error.reason}`);
  }
}

const describe: Readonly<Record<Publication, (model: string, place: string) => string>> = {
  published: (model, place) => `published ${model} to ${place}`,
  'already there': (model, place) => `${model} is in ${place} already`,
};
