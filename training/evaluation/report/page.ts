import { html } from 'hono/html';
import { describeSize } from '../../../src/network/stimulus-size.js';
import type { Evaluation } from '../evaluation.js';
import { attentionSection } from './attention.js';
import { decompositionSection } from './decomposition.js';
import { framePage } from './frame.js';
import { methodsSection } from './methods.js';
import { fitSection, modelsSection, neuronsSection } from './summary.js';
import { tuningSection } from './tuning.js';

export interface ReportOptions {
  /** How many neurons' tuning curves are drawn. */
  readonly curves: number;
  /** When, and by which version of this program: `0.1.0, 2025-01-31`. */
  readonly made: string;
}

/** The whole report as one HTML page, which needs no script and no other file. */
export async function reportPage(evaluation: Evaluation, options: ReportOptions): Promise<string> {
  const { site, validation, models, hasRepeats } = evaluation;
  const title = `Site ${site}: ${models.map(({ label }) => label).join(', ')}`;
  const repeats = hasRepeats ? ', with repeats' : '';
  const content = html`<p class="quiet">${validation.neurons} recorded neurons, ${validation.count} validation images of
${describeSize(validation)} pixels${repeats}</p>
${modelsSection(evaluation)}
${fitSection(evaluation)}
${tuningSection(evaluation, options.curves)}
${decompositionSection(evaluation)}
${await attentionSection(evaluation)}
${neuronsSection(evaluation)}
${methodsSection(evaluation)}`;
  return await framePage(title, content, options.made);
}
