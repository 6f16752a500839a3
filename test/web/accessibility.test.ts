import { beforeAll, expect } from 'vitest';
import { expectAccessibleEverywhere, measureNeurons, pageTest } from '../support/browser.js';

const { test, browsing } = pageTest();

// Without a browser there is no service.
beforeAll(async () => {
  if (browsing.service) await measureNeurons(browsing);
});

/** Each view, and the text that shows that it is complete. */
const VIEWS = [
  ['?view=neurons', { name: /^Receptive fields of 16 neurons/ }],
  ['?view=stimulus', { name: /^Responses of 16 neurons/ }],
  ['?view=tuning', { name: /in polar coordinates/ }],
  ['?view=tuning&tuning=position', { name: /^Position map/ }],
  ['?view=inside', { name: /^Gradient of neuron/ }],
] as const;

test.each(VIEWS)(
  'axe finds nothing serious in %s, wide or narrow, light or dark',
  async (query, there) => {
    const page = await browsing.open(query);
    await page.getByRole('img', there).first().waitFor();
    await expectAccessibleEverywhere(page);
    expect(browsing.complaints).toEqual([]);
  },
);

test('the views can be reached by the keyboard alone', async () => {
  const page = await browsing.open();
  await page.getByRole('navigation', { name: 'Views' }).waitFor();
  await page.keyboard.press('Tab');
  const focused = page.locator(':focus');
  expect(await focused.innerText()).toBe('Skip to the view');
  for (let i = 0; i < 20 && (await focused.innerText()) !== 'Stimulus'; i++) {
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await page.getByRole('slider', { name: /^Orientation/ }).waitFor();
  await page.getByRole('slider', { name: /^Orientation/ }).focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => page.url()).toContain('%22orientation%22%3A1%2C');
  await page.goBack();
  await page.getByRole('region', { name: "The model's card" }).waitFor();
  expect(browsing.complaints).toEqual([]);
});
