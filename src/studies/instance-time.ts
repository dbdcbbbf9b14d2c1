/** For how long a participant may have an instance. */
import { z } from 'zod';

export const instanceTimeSchema = z.strictObject({
  // The original's `instanceIdleTime`.
  idleMinutes: z
    .int()
    .min(5)
    .max(20_160)
    .default(180)
    .describe("Without a sign of life of the participant's page for so long, the instance is given up."),
  maxHours: z
    .int()
    .min(1)
    .max(8_760)
    .nullable()
    .default(null)
    .describe('Whatever its page says, an instance is given up after so long; `null`: never.'),
});
