(function_definition declarator: (function_declarator declarator: [(identifier) (field_identifier) (operator_name) (destructor_name)] @name) body: (_)? @body) @function
(function_definition declarator: (function_declarator declarator: (qualified_identifier name: [(identifier) (destructor_name)] @name)) body: (_)? @body) @function
(function_definition declarator: (function_declarator declarator: (qualified_identifier name: (qualified_identifier name: [(identifier) (destructor_name)] @name))) body: (_)? @body) @function
(function_definition declarator: (_ (function_declarator declarator: [(identifier) (field_identifier)] @name)) body: (_)? @body) @function
(function_definition declarator: (_ (function_declarator declarator: (qualified_identifier name: (identifier) @name))) body: (_)? @body) @function
(function_definition declarator: (_ (_ (function_declarator declarator: [(identifier) (field_identifier)] @name))) body: (_)? @body) @function
(field_declaration declarator: (function_declarator declarator: (field_identifier) @name)) @function
(field_declaration declarator: (_ (function_declarator declarator: (field_identifier) @name))) @function
(preproc_def name: (identifier) @name) @macro
(preproc_function_def name: (identifier) @name) @macro
(class_specifier name: (type_identifier) @name body: (_) @body) @class
(struct_specifier name: (type_identifier) @name body: (_) @body) @type
(union_specifier name: (type_identifier) @name body: (_) @body) @type
(enum_specifier name: (type_identifier) @name body: (_) @body) @type
(enumerator name: (identifier) @name) @variable
(namespace_definition name: (namespace_identifier) @name body: (_) @body) @module
(alias_declaration name: (type_identifier) @name) @type
(concept_definition name: (identifier) @name) @type
(type_definition declarator: (type_identifier) @name) @type
(type_definition declarator: (_ declarator: (type_identifier) @name)) @type
(type_definition declarator: (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (type_identifier) @name)))) @type
(field_declaration declarator: (field_identifier) @name) @variable
(field_declaration declarator: (_ declarator: (field_identifier) @name)) @variable
(translation_unit (declaration declarator: (identifier) @name) @variable)
(translation_unit (declaration declarator: (init_declarator declarator: (identifier) @name)) @variable)
(translation_unit (declaration declarator: (init_declarator declarator: (_ declarator: (identifier) @name))) @variable)
(declaration_list (declaration declarator: (init_declarator declarator: (identifier) @name)) @variable)
