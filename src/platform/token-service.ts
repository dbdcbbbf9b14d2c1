import axios from 'axios';

/** A participant waits for it on a page. */
const MILLISECONDS = 5_000;
/** As the original said it. */
const USER_AGENT = 'LandingPage Token Verifier';

export type TokenAnswer = 'Valid' | 'Expired' | 'Invalid';

/** It cannot be asked. The message names neither the address nor the token. */
export class TokenServiceDown extends Error {}

/** A researcher's own service that knows who was invited; asked as the original asked it. */
export const tokenService = {
  async check(address: string, token: string, token2: string): Promise<TokenAnswer> {
    const { status, data } = await ask(address, token, token2);
    const said = data.trim();
    if (status < 300 && said === 'Valid') return 'Valid';
    if (status < 500 && said === 'Expired') return 'Expired';
    if (status < 300 || (status < 500 && said === 'Invalid')) return 'Invalid';
    throw new TokenServiceDown(`it answered ${status}`);
  },

  async markUsed(address: string, token: string, token2: string, stop: AbortSignal): Promise<void> {
    const { status } = await ask(address, token, token2, stop);
    if (status >= 300) throw new TokenServiceDown(`it answered ${status}`);
  },
};

async function ask(
  address: string,
  token: string,
  token2: string,
  stop?: AbortSignal,
): Promise<{ status: number; data: string }> {
  // Its own timeout starts anew with each step; this one is for all of them.
  const late = AbortSignal.timeout(MILLISECONDS);
  try {
    return await axios.get<string>(`${address}${token}/${token2}`, {
      headers: { 'User-Agent': USER_AGENT, Accept: 'text/plain, */*' },
      responseType: 'text',
      signal: stop === undefined ? late : AbortSignal.any([late, stop]),
      maxContentLength: 10_000,
      maxRedirects: 3,
      validateStatus: () => true,
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new TokenServiceDown(axios.isCancel(error) ? `no answer within ${MILLISECONDS} ms` : (code ?? message));
  }
}
