import { referencePages } from '../.vitepress/reference.js';

export default {
  paths: () =>
    referencePages().map(({ slug, title, content }) => ({ params: { subject: slug, title }, content })),
};
