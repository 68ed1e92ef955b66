/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subset of the kernel's BTF that the probe uses.
 *
 * For each struct that a program reads, libbpf compares its name with all types of the kernel, some 100,000, and repeats
 * this for each object.  This file scans the kernel's types once.  The subset has some hundred types under their original
 * ids: types with names that the object uses, and their members' types.  It does not have the targets of pointers,
 * because a read through a pointer finds the target struct by its name.
 */
#ifndef TIERCEL_BTF_PART_H
#define TIERCEL_BTF_PART_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

/* Hash table of type names; the strings belong to the object's BTF. */
struct btf_names {
	const char **cells;
	uint32_t mask;
};

/* Length of a name without the suffix of a struct variant, as in `task_struct___old`. */
static inline size_t btf_names_length(const char *name)
{
	const char *variant = strstr(name, "___");

	return variant && variant != name ? (size_t)(variant - name) : strlen(name);
}

static inline uint32_t btf_names_hash(const char *name, size_t length)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)name[i]) * 16777619u;
	return hash;
}

/* Find the cell of a name, or a free cell for it. */
static inline const char **btf_names_cell(const struct btf_names *names, const char *name, size_t length)
{
	uint32_t at = btf_names_hash(name, length) & names->mask;

	for (; names->cells[at]; at = (at + 1) & names->mask)
		if (btf_names_length(names->cells[at]) == length && !memcmp(names->cells[at], name, length))
			break;
	return &names->cells[at];
}

/* True for kinds of types that programs refer to by name. */
static inline bool btf_part_is_root(const struct btf_type *type)
{
	return btf_is_composite(type) || btf_is_any_enum(type) || btf_is_typedef(type);
}

static inline bool btf_names_collect(struct btf_names *names, const struct btf *object)
{
	uint32_t count = btf__type_cnt(object), size = 64;

	while (size < 2 * count)
		size *= 2;
	names->mask = size - 1;
	names->cells = calloc(size, sizeof(*names->cells));
	if (!names->cells)
		return false;
	for (uint32_t id = 1; id < count; id++) {
		const struct btf_type *type = btf__type_by_id(object, id);
		const char *name = btf__name_by_offset(object, type->name_off);

		if (btf_part_is_root(type) && name && *name)
			*btf_names_cell(names, name, btf_names_length(name)) = name;
	}
	return true;
}

/* Find the type ids inside a type, except for the target of a pointer. */
static inline uint32_t *btf_part_refs(struct btf_type *type, uint32_t *count, size_t *step)
{
	*count = 0;
	*step = sizeof(uint32_t);
	if (btf_is_composite(type)) {
		*count = btf_vlen(type);
		*step = sizeof(struct btf_member);
		return &btf_members(type)->type;
	}
	if (btf_is_array(type)) {
		*count = 2; /* the adjacent ids of element and index type */
		return &btf_array(type)->type;
	}
	if (btf_is_mod(type) || btf_is_typedef(type)) {
		*count = 1;
		return &type->type;
	}
	return NULL;
}

#define BTF_PART_REF(refs, i, step) (*(uint32_t *)((char *)(refs) + (i) * (step)))

/* Mark a type and all types that it contains; `stack` has room for every type once. */
static inline void btf_part_mark(const struct btf *kernel, uint32_t id, bool *marks, uint32_t *stack)
{
	uint32_t depth = 0, count, *refs;
	size_t step;

	if (marks[id])
		return;
	marks[id] = true;
	stack[depth++] = id;
	while (depth) {
		refs = btf_part_refs((struct btf_type *)btf__type_by_id(kernel, stack[--depth]), &count, &step);
		for (uint32_t i = 0; i < count; i++) {
			id = BTF_PART_REF(refs, i, step);
			if (id && !marks[id]) {
				marks[id] = true;
				stack[depth++] = id;
			}
		}
	}
}

/* Copy the types up to the last marked one; an unnamed type replaces an unmarked one, to keep the ids. */
static inline bool btf_part_copy(struct btf *part, const struct btf *kernel, const bool *marks, uint32_t last)
{
	for (uint32_t id = 1; id <= last; id++) {
		const struct btf_type *type = btf__type_by_id(kernel, id);
		int added;

		if (!marks[id])
			added = btf__add_const(part, 0);
		else if (btf_is_ptr(type))
			added = btf__add_ptr(part, 0);
		else
			added = btf__add_type(part, kernel, type);
		if (added < 0)
			return false;
	}
	return true;
}

/* Create the subset of `kernel` that `object` uses; NULL without memory. */
static inline struct btf *btf_part_new(const struct btf *kernel, const struct btf *object)
{
	uint32_t count = btf__type_cnt(kernel), last = 0;
	bool *marks = calloc(count, sizeof(*marks)), done = false;
	uint32_t *stack = calloc(count, sizeof(*stack));
	struct btf *part = btf__new_empty();
	struct btf_names names = {};

	if (marks && stack && part && btf_names_collect(&names, object)) {
		for (uint32_t id = 1; id < count; id++) {
			const struct btf_type *type = btf__type_by_id(kernel, id);
			const char *name = btf__name_by_offset(kernel, type->name_off);

			if (btf_part_is_root(type) && name && *name && *btf_names_cell(&names, name, strlen(name)))
				btf_part_mark(kernel, id, marks, stack);
		}
		for (uint32_t id = 1; id < count; id++)
			if (marks[id])
				last = id;
		done = btf_part_copy(part, kernel, marks, last);
	}
	free(names.cells);
	free(marks);
	free(stack);
	if (done)
		return part;
	btf__free(part);
	return NULL;
}

#endif
