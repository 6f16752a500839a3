import type { InferResponseType } from 'hono/client';
import type { Service } from '../service/service.js';

type Routes = Service['client']['v1']['models'][':model']['versions'][':version'];
export type AttentionAnswer = InferResponseType<Routes['attention']['$post']>;
export type ReadoutAnswer = InferResponseType<Routes['readout']['$post']>;
