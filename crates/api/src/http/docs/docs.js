// Swagger UI over the document: operations are folded by tag, and found by any words of theirs.

// Swagger UI itself looks at the names of tags alone.
const opsFilter = (tags, phrase) => {
  const words = phrase.toLowerCase().split(/\s+/).filter(Boolean);
  const says = (...texts) => {
    const text = texts.join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  };
  return tags
    .map((tag, name) =>
      tag.update('operations', (operations) =>
        operations.filter((entry) =>
          says(
            name,
            entry.get('method'),
            entry.get('path'),
            entry.getIn(['operation', 'summary']),
            entry.getIn(['operation', 'operationId']),
          ),
        ),
      ),
    )
    .filter((tag) => tag.get('operations').size > 0);
};

window.ui = SwaggerUIBundle({
  url: '/api/v1/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: 'none',
  defaultModelsExpandDepth: 0,
  filter: true,
  persistAuthorization: false,
  plugins: [() => ({ fn: { opsFilter } })],
});
