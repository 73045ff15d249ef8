import { hasDebianPackages, installDebianPackages } from './debian-packages.mjs';
import { findProgram } from './programs.mjs';
import { isRoot } from './users.mjs';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/**
 * The programs of other people that tests need: a browser and ffmpeg. Root on Debian gets them installed.
 * @param {boolean} needsBrowser
 * @param {import('./progress.mjs').Progress} progress
 * @returns {Promise<{ chromium: string | undefined, complaint: string | undefined }>} `complaint`: why browser tests cannot run
 */
export async function findTestTools(needsBrowser, progress) {
  const find = () => ({ chromium: process.env['OVERMIND_CHROMIUM'] || findProgram(...BROWSERS), ffmpeg: findProgram('ffmpeg') });
  let found = find();
  const missing = needsBrowser ? [...(found.chromium ? [] : ['chromium']), ...(found.ffmpeg ? [] : ['ffmpeg'])] : [];
  if (missing.length > 0 && isRoot() && hasDebianPackages()) {
    await progress.step(`Installing ${missing.join(' and ')}`, (say) => installDebianPackages(missing, say));
    found = find();
  }
  const absent = [...(found.chromium ? [] : ['Chromium (or set OVERMIND_CHROMIUM to it)']), ...(found.ffmpeg ? [] : ['ffmpeg'])];
  return { chromium: found.chromium, complaint: absent.length > 0 ? `The browser tests need ${absent.join(' and ')}: install it with the system's package manager.` : undefined };
}
