/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin is in its static twin; this file gives the linker something to link. */
typedef int headrace_empty_translation_unit;
