import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** A link, or code, in which there is none. */
const LINK = /^```.*?^```|`[^`\n]*`|\[(?<text>[^\]]*)\]\((?<link>[^)\s]+)\)/gms;
const ELSEWHERE = /^(?:[a-z]+:|#)/;

/**
 * The pages that go into a package, so that no link of theirs is dead: the README, every page of `docs/` that it
 * leads to, and the changelog. Links between them are made to fit; a link to anything else leaves only its text.
 *
 * @param {string} root the repository
 * @param {string} folder the package's, relative to it
 * @returns {Map<string, string>} text by path within the package
 */
export function packagePages(root, folder) {
  const readme = posix.join(folder, 'README.md');
  const places = new Map([[readme, 'README.md']]);
  // Grows while it is gone through: a page's links add the pages that they lead to.
  for (const page of places.keys()) {
    for (const target of targetsOf(root, page)) {
      if (/^docs\/.*\.md$/.test(target) && existsSync(posix.join(root, target))) {
        places.set(target, target);
      }
    }
  }
  places.set('CHANGELOG.md', 'CHANGELOG.md');
  return new Map([...places].map(([page, place]) => [place, relinked(root, page, places)]));
}

function targetsOf(root, page) {
  return [...read(root, page).matchAll(LINK)]
    .map(({ groups }) => groups.link)
    .filter(isLocal)
    .map((link) => targetOf(page, link));
}

function isLocal(link) {
  return link !== undefined && !ELSEWHERE.test(link);
}

/** The file that a link of a page leads to, relative to the root. */
function targetOf(page, link) {
  return posix.join(posix.dirname(page), link.replace(/#.*/, ''));
}

function relinked(root, page, places) {
  const from = posix.dirname(places.get(page));
  return read(root, page).replace(LINK, (whole, text, link) => {
    if (!isLocal(link)) return whole;
    const place = places.get(targetOf(page, link));
    if (place === undefined) return text;
    return `[${text}](${posix.relative(from, place)}${/#.*/.exec(link)?.[0] ?? ''})`;
  });
}

function read(root, page) {
  return readFileSync(posix.join(root, page), 'utf8');
}
