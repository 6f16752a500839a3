import type { ArchitectureDefinition } from './definition.js';
import { ff_cnn } from './ff_cnn.js';
import { ff_sa_cnn } from './ff_sa_cnn.js';
import { ff_sa_cnn_star_incr_fc1 } from './ff_sa_cnn_star_incr_fc1.js';
import { ff_sa_cnn_star_incr_fc2 } from './ff_sa_cnn_star_incr_fc2.js';
import { ff_sa_cnn_star_simul } from './ff_sa_cnn_star_simul.js';
import { rf_cnn } from './rf_cnn.js';
import { rf_sa_cnn } from './rf_sa_cnn.js';
import { rf_sa_cnn_star_incr } from './rf_sa_cnn_star_incr.js';
import { rf_sa_cnn_star_simul } from './rf_sa_cnn_star_simul.js';

/** By id. Another one is a file of this folder and a line here. */
export const ARCHITECTURES = {
  ff_cnn,
  rf_cnn,
  ff_sa_cnn,
  rf_sa_cnn,
  rf_sa_cnn_star_simul,
  rf_sa_cnn_star_incr,
  ff_sa_cnn_star_simul,
  ff_sa_cnn_star_incr_fc1,
  ff_sa_cnn_star_incr_fc2,
} satisfies Readonly<Record<string, ArchitectureDefinition>>;
export type ArchitectureId = keyof typeof ARCHITECTURES;
