// Without its web font, the theme uses the fonts of the system, as the page does.
import theme from 'vitepress/theme-without-fonts';
import { h, type VNode } from 'vue';
import './style.css';

/** What the service itself answers, one level above the guide; the settings of the theme lead to pages only. */
const OF_THE_SERVICE = [
  { text: 'The page', href: '../' },
  { text: 'Try requests', href: '../docs' },
];

function serviceLinks(): VNode {
  const links = OF_THE_SERVICE.map(({ text, href }) => h('a', { href, target: '_self' }, text));
  return h('nav', { class: 'of-the-service', 'aria-label': 'Service' }, links);
}

export default {
  extends: theme,
  Layout: () =>
    h(theme.Layout, null, {
      'nav-bar-content-after': serviceLinks,
      'nav-screen-content-before': serviceLinks,
    }),
};
