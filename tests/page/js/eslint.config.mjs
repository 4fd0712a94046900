import js from "@eslint/js";

export default [
  js.configs.recommended,
  {
    languageOptions: { sourceType: "script", ecmaVersion: 2024 },
    rules: {
      "no-undef": "off", // the scripts share one scope; tsc knows it
      "no-unused-vars": ["error", { vars: "local" }],
      "no-control-regex": "off", // control characters are looked for on purpose
      eqeqeq: "error",
      "no-eval": "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-restricted-properties": ["error", { property: "innerHTML" }, { property: "outerHTML" }],
    },
  },
];
